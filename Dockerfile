# Server and workers of Headgate: one image, two commands.
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY cli/package.json cli/
COPY cli/bin cli/bin
COPY sdk/package.json sdk/
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/cli cli
COPY --from=build /app/sdk sdk
COPY --from=build /app/dist dist
COPY deploy/worker-health.cjs deploy/
USER node
EXPOSE 7070
# The flags are those of core/node-flags.ts.
CMD ["node", "--max-semi-space-size=32", "dist/server/main.js"]
