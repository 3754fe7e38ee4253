// The image's HEALTHCHECK: exits 0 while the agent takes spans. Trouble with stores or GPUs is not its affair.
//   node healthcheck.mjs [ADDRESS]   default: what the environment gives listen.health or listen.http, else 127.0.0.1:9865
import { get } from 'node:http';

const TIMEOUT_MS = 4000;
const { env, argv } = process;
const address =
  argv[2] ||
  env.INFERMETER_LISTEN__HEALTH ||
  env.INFERMETER_LISTEN__HEALTH__ADDRESS ||
  env.INFERMETER_LISTEN__HTTP ||
  env.INFERMETER_LISTEN__HTTP__ADDRESS ||
  '127.0.0.1:9865';
// An address of all interfaces is reached on loopback.
const reachable = address.replace(/^(?:0\.0\.0\.0)?:(?=\d+$)/, '127.0.0.1:').replace(/^\[::\]/, '[::1]');

const request = get(`http://${reachable}/readyz`, { timeout: TIMEOUT_MS }, (response) => {
  response.resume();
  end(response.statusCode === 200 ? 0 : 1, `${reachable} answered ${response.statusCode}`);
});
request.on('timeout', () => end(1, `${reachable} did not answer within ${TIMEOUT_MS} ms`));
request.on('error', ({ message }) => end(1, message));

function end(code, message) {
  console.log(message);
  process.exit(code);
}
