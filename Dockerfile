# expobench as an image: a sweep, a worker of a queue, or any other verb. Built from a clean clone: docker build -t expobench .
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && npm pack --ignore-scripts --pack-destination /pack

FROM node:20.20.2-bookworm-slim
LABEL org.opencontainers.image.title="expobench" org.opencontainers.image.licenses="MIT"
COPY --from=build /pack /pack
RUN npm install --global --omit=dev --no-audit --no-fund /pack/*.tgz && npm cache clean --force && rm -r /pack
ENV NODE_ENV=production EXPOBENCH_CACHE=/cache
RUN mkdir /cache /work && chown node:node /cache /work
USER node
WORKDIR /work
VOLUME ["/cache"]
# The program is process 1, and hears of SIGTERM itself: a worker ends its trials.
ENTRYPOINT ["expobench"]
CMD ["--help"]
