// The same from CommonJS. Run it: node examples/embedding/commonjs.cjs
const { createServer } = require('node:http');
const { createProxy } = require('fairlead');

const service = createServer((request, response) => response.end(`hello from ${request.url}\n`));

service.listen(0, '127.0.0.1', async () => {
  const proxy = await createProxy({
    entryPoints: { web: { address: '127.0.0.1:0' } },
    http: {
      routers: { app: { rule: 'PathPrefix(`/`)', service: 'app' } },
      services: { app: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${service.address().port}` }] } } },
    },
  });
  const response = await fetch(`http://127.0.0.1:${proxy.addresses.web.port}/`);
  console.log('it says:', await response.text());
  await proxy.close();
  service.close();
});
