declare module 'fastify' {
  interface FastifyContextConfig {
    /** Successful requests of this route are logged at trace only. */
    quiet?: boolean;
  }
}

export {};
