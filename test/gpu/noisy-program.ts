/** Writes more than anyone wants to read, and stays. */
for (let line = 1; line <= 100; line++) console.error(`line ${line} ${'x'.repeat(2000)}`);
process.send?.({ kind: 'opened' });
process.on('disconnect', () => process.exit());
