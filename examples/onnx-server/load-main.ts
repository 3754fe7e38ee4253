import { runLoad } from './load.ts';

/** `node dist/examples/onnx-server/load-main.js [URL [REQUESTS_PER_SECOND]]`, until Ctrl-C. */
const [url = 'http://127.0.0.1:8080', rate = '40'] = process.argv.slice(2);

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
console.log(await runLoad({ url, requestsPerSecond: Number(rate), signal: stop.signal }));
