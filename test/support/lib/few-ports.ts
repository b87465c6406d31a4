/** A proxy that runs out of ports for its connections to a server. Run by few-ports.test.ts in a network of its own. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Conversation, ok, RawBackend } from '../backends.js';
import { Client, request, responseOrEnding } from '../client.js';
import { until } from '../deadline.js';
import { everythingTo, startProxy } from '../proxy.js';

const waiting: Conversation[] = [];
const app = await RawBackend.start(async (conversation) => {
  for (let asked = await conversation.request(); asked !== undefined; asked = await conversation.request()) {
    if (asked.line.includes('/slow')) waiting.push(conversation);
    else conversation.send(ok);
  }
});
const proxy = await startProxy(everythingTo(app.url));

/** Clients have addresses of their own: theirs are not the ports that run out. */
async function clientFrom(address: string): Promise<Client> {
  const socket: Socket = connect({ host: '127.0.0.1', port: proxy.port(), localAddress: address });
  await once(socket, 'connect');
  return new Client(socket);
}

const clients = await Promise.all(Array.from({ length: 60 }, (_, i) => clientFrom(`127.0.1.${i % 6}`)));
const statusOf = async (client: Client): Promise<number> => {
  const answer = await responseOrEnding(client);
  return typeof answer === 'string' ? 0 : answer.status;
};
for (const client of clients) await client.send(request('GET /slow'));
const answers: number[] = [];
for (const client of clients) void statusOf(client).then((status) => answers.push(status));
await until(() => answers.length + waiting.length === clients.length, 'every request is held or refused');
const refused = [...answers];
const before = process.cpuUsage();
await delay(1000);
const { user, system } = process.cpuUsage(before);
for (const conversation of waiting) conversation.send(ok);
await until(() => answers.length === clients.length, 'every request is answered');
const afterwards = await Promise.all(clients.map((client) => client.ask(request('GET /'))));
console.log(
  JSON.stringify({
    held: waiting.length,
    refused,
    answered: answers.slice(refused.length),
    seconds: (user + system) / 1e6,
    afterwards: afterwards.map(({ status }) => status),
  }),
);
process.exit(0);
