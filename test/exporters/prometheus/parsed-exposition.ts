/** Samples by their name and labels as written, for instance `up{job="a"}`; rejects what is not the text format. */
export function parseExposition(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  let family = '';
  const finished = new Set<string>();
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (type !== null) {
      family = type[1];
      if (finished.has(family)) throw new Error(`${family} stands in two places`);
      finished.add(family);
    }
    if (line === '' || line.startsWith('#')) continue;
    const sample = /^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)$/.exec(line);
    if (sample === null || !sample[1].startsWith(family))
      throw new Error(`not a sample of ${family}: ${line}`);
    const key = sample[1] + (sample[2] ?? '');
    if (samples.has(key)) throw new Error(`twice: ${key}`);
    samples.set(key, Number(sample[3]));
  }
  return samples;
}
