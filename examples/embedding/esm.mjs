// A proxy inside a Node process, as an ES module. Run it: node examples/embedding/esm.mjs
import { createServer } from 'node:http';
import { once } from 'node:events';
import { createProxy } from 'fairlead';

// The service that the proxy stands in front of; it might as well run elsewhere.
const service = createServer((request, response) => response.end(`hello from ${request.url}\n`)).listen(0, '127.0.0.1');
await once(service, 'listening');
const url = `http://127.0.0.1:${service.address().port}`;

const configuration = (rule) => ({
  http: {
    routers: { app: { rule, service: 'app', middlewares: ['strip-api'] } },
    middlewares: { 'strip-api': { stripPrefix: { prefixes: ['/api'] } } },
    services: { app: { loadBalancer: { servers: [{ url }] } } },
  },
});

const proxy = await createProxy({
  entryPoints: { web: { address: '127.0.0.1:0' } }, // 0: any free port
  ...configuration('PathPrefix(`/`)'),
});
proxy.on('generation', ({ generation, diff }) => console.log(`generation ${generation}:`, diff.routers));

const { port } = proxy.addresses.web;
console.log('it says:', await (await fetch(`http://127.0.0.1:${port}/api/users`)).text());

// A new configuration takes effect for new requests; what runs is finished under the old one.
await proxy.apply(configuration('PathPrefix(`/api`)'));
console.log('now /users is', (await fetch(`http://127.0.0.1:${port}/users`)).status);
console.log('requests so far:', proxy.stats().requestsTotal);

const { cut } = await proxy.close({ drain: '5s' });
console.log(`closed, ${cut} connections were cut`);
service.close();
