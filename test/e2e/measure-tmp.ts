import { AgentProcess } from './agent-process.ts';
import { SpanClient } from '../span-client.ts';
const agent = await AgentProcess.create({ INFERMETER_EXPORTERS__INFLUXDB__URL: 'http://127.0.0.1:9', INFERMETER_EXPORTERS__INFLUXDB__VERSION: '2', INFERMETER_EXPORTERS__INFLUXDB__BUCKET: 'b', INFERMETER_EXPORTERS__INFLUXDB__ORG: 'o', INFERMETER_EXPORTERS__INFLUXDB__TOKEN: 't' });
await agent.start();
const client = new SpanClient(agent.grpcAddress);
const end = Date.now() + 330_000;
let last = { points: 0, bytes: 0 };
let next = Date.now() + 60_000;
while (Date.now() < end) {
  const spans = [];
  for (let s = 0; s < 20; s++) for (let i = 0; i < 2; i++) {
    const ms = 20 + Math.random() * 30 + s;
    const n = (x: number) => String(Math.round(x * 1e6));
    spans.push({ model: `model-${s >> 1}`, variant: s & 1 ? 'int8' : 'fp16', startUnixNano: String(BigInt(Math.round(Date.now() - ms)) * 1000000n), durationNano: n(ms), phases: [{ name: 'queue', durationNano: n(ms * .2) }, { name: 'preprocess', durationNano: n(ms * .1) }, { name: 'inference', durationNano: n(ms * .6) }] });
  }
  await client.report({ spans });
  await new Promise((r) => setTimeout(r, 200));
  if (Date.now() > next) { next += 60_000; const { outbox, window } = await agent.status(); console.log(JSON.stringify({ outbox, d: { points: outbox!.points - last.points, bytes: outbox!.bytes - last.bytes }, series: window.series })); last = outbox!; }
}
await agent.dispose(); process.exit(0);
