export { HeadgateProvider } from './provider';
export type { HeadgateProviderOptions } from './options';
export type { ProviderStats } from './stats';
export type { RequestHandle } from './request-handle';
