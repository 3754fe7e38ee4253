import { expect } from 'chai';
import type { SqlValue } from '../../agent/core/database.ts';
import { buffersOf, freeBuffers } from '../../agent/store/blob-buffers.ts';

describe('blob buffers', () => {
  it('are the array buffers of all blobs, each once', () => {
    const [first, second] = [new Uint8Array(8), new Uint8Array(8)];
    const rows: SqlValue[][] = [[1, first.subarray(0, 4), null], ['text', first.subarray(4)], [second]];
    expect(buffersOf(rows)).to.deep.equal([first.buffer, second.buffer]);
  });

  it('leave out the pool that small Buffers lie in, which later Nodes refuse to hand over', () => {
    expect(buffersOf([[Buffer.from('small')]])).to.deep.equal([]);
  });

  it('are gone once they were freed', () => {
    const blob = new Uint8Array(1000);
    freeBuffers([blob.buffer]);
    expect(blob.length).to.equal(0);
    expect(blob.buffer.byteLength).to.equal(0);
  });
});
