// The same with types: keys are completed by the editor and checked by the compiler. What only a run can find is in
// `diagnostics`. Run it: npx tsx examples/embedding/typescript.ts
import { check, ConfigError, createProxy, defineConfig, type Logger, renderDiagnostic } from 'fairlead';

const config = defineConfig({
  entryPoints: { web: { address: '127.0.0.1:0' } },
  http: {
    routers: { app: { rule: 'Host(`app.localhost`)', service: 'app', middlewares: ['limit'] } },
    middlewares: { limit: { rateLimit: { average: 100, burst: 50 } } },
    services: { app: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:9001' }] } } },
  },
});

const logger: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: (message, fields) => console.log(message, fields ?? ''),
  warn: (message) => console.warn(message),
  error: (message) => console.error(message),
};

// Everything that is wrong, without starting anything.
const { diagnostics, summary } = await check(config);
for (const diagnostic of diagnostics) console.log(renderDiagnostic(diagnostic));
console.log('would serve:', summary);

const ending = new AbortController();
try {
  await using proxy = await createProxy(config, { logger, signal: ending.signal });
  proxy.on('diagnostics', (found) => console.log(`${found.length} findings`));
  await proxy.apply({ http: { routers: { broken: { rule: 'Hots(`a`)', service: 'nowhere' } } } });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  for (const diagnostic of error.diagnostics) console.error(renderDiagnostic(diagnostic));
}
