import { z } from 'zod';

const ShopConfig = z.object({
  HEADGATE_URL: z.url(),
  HEADGATE_TOKEN: z.string().min(1),
  SHOP_PORT: z.coerce.number().int().positive(),
});

/** Reads the shop's environment, once. */
export function readShopConfig(environment: NodeJS.ProcessEnv): z.infer<typeof ShopConfig> {
  return ShopConfig.parse(environment);
}
