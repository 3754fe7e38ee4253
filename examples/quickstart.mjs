// `npm run quickstart`. A Node that is too old reads only this file, so it keeps to what old ones understand.
const wanted = [20, 19];
const actual = process.versions.node.split('.').map(Number);

if (actual[0] < wanted[0] || (actual[0] === wanted[0] && actual[1] < wanted[1])) {
  console.error(
    `infermeter needs Node ${wanted.join('.')} or later; this is ${process.version}: https://nodejs.org`,
  );
  process.exit(1);
}
import('./quickstart/main.mjs');
