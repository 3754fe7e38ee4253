import { expect } from 'chai';
import fc from 'fast-check';
import { MessageMemory } from '../../agent/ingest/message-memory.ts';
import { MessageReceiver, type ReceiveRefusal } from '../../agent/ingest/message-receiver.ts';

const MESSAGE_BYTES = 4 << 20;
const HEAD_BYTES = 5;

function frameOf(length: number, isPacked = false): Buffer {
  const frame = Buffer.alloc(HEAD_BYTES + length);
  frame[0] = isPacked ? 1 : 0;
  frame.writeUInt32BE(length, 1);
  for (let at = 0; at < length; at++) frame[HEAD_BYTES + at] = (at * 7 + length) % 251;
  return frame;
}

function receiverOf(memory = new MessageMemory(MESSAGE_BYTES), messageBytes = MESSAGE_BYTES) {
  const refusals: ReceiveRefusal[] = [];
  const receiver = new MessageReceiver({ messageBytes, memory }, (reason) => refusals.push(reason));
  return { receiver, memory, refusals };
}

/** Cut behind these bytes. */
function piecesOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, i) => Buffer.from(bytes.subarray(edges[i], edge)));
}

describe('message receiver', () => {
  it('gives the messages that were sent, wherever the bytes are cut, and all memory back', () => {
    const lengths = fc.array(fc.oneof(fc.nat(20), fc.nat(5000), fc.nat(300_000)), { maxLength: 6 });
    const cuts = fc.array(fc.nat(), { maxLength: 60 });
    fc.assert(
      fc.property(lengths, cuts, fc.boolean(), (sent, at, isScarce) => {
        const { receiver, memory } = receiverOf();
        const taken = isScarce ? memory.maxBytes - (2 << 20) : 0;
        memory.reserve(taken);
        const frames = sent.map((length) => frameOf(length));
        const received: Buffer[] = [];
        for (const piece of piecesOf(Buffer.concat(frames), at)) {
          for (const message of receiver.write(piece)) {
            received.push(Buffer.from(message));
            receiver.release();
          }
        }
        expect(received.map(({ length }) => length)).to.deep.equal(frames.map(({ length }) => length));
        expect(Buffer.compare(Buffer.concat(received), Buffer.concat(frames))).to.equal(0);
        receiver.close();
        expect(memory.bytes).to.equal(taken);
      }),
    );
  });

  it('does not copy a message that came in one piece', () => {
    const { receiver, memory } = receiverOf();
    const data = Buffer.concat([frameOf(100), frameOf(50)]);
    const [first, second] = receiver.write(data);
    expect([first?.buffer, second?.buffer]).to.deep.equal([data.buffer, data.buffer]);
    expect(memory.bytes).to.equal(0);
  });

  it('uses the room of a message again', () => {
    const { receiver } = receiverOf();
    const [head, tail] = piecesOf(frameOf(300_000), [150_000]) as [Buffer, Buffer];
    receiver.write(head);
    const [first] = receiver.write(tail);
    receiver.release();
    receiver.write(head);
    const [second] = receiver.write(tail);
    expect(second?.buffer).to.equal(first?.buffer);
  });

  it('gives nobody memory for a promise once memory is scarce', () => {
    const { receiver, memory } = receiverOf();
    memory.reserve(memory.maxBytes / 2);
    const before = memory.bytes;
    receiver.write(frameOf(MESSAGE_BYTES).subarray(0, 100));
    expect(memory.bytes - before).to.equal(1 << 14);
  });

  const refused: readonly (readonly [string, ReceiveRefusal, Buffer, number])[] = [
    ['a message beyond the limit', 'too_large', frameOf(1001), 0],
    ['the head of one', 'too_large', frameOf(1001).subarray(0, HEAD_BYTES), 0],
    ['a message for which there is no memory', 'overload', frameOf(900).subarray(0, 800), 64 << 20],
    ['a packed message that has no memory to be unpacked to', 'overload', frameOf(30, true), 64 << 20],
  ];
  for (const [title, reason, bytes, taken] of refused) {
    it(`refuses ${title} once, and hears no more of its call`, () => {
      const { receiver, memory, refusals } = receiverOf(new MessageMemory(1000), 1000);
      memory.reserve(taken);
      expect(receiver.write(bytes)).to.deep.equal([]);
      expect(receiver.write(frameOf(10))).to.deep.equal([]);
      expect(refusals).to.deep.equal([reason]);
      expect(memory.bytes).to.equal(taken);
    });
  }

  it('counts what packed messages may unpack to, until all of them are answered', () => {
    const { receiver, memory } = receiverOf();
    receiver.write(Buffer.concat([frameOf(30, true), frameOf(30, true)]));
    expect(memory.bytes).to.equal(2 * MESSAGE_BYTES);
    receiver.release();
    expect([memory.bytes, receiver.isUnpacking]).to.deep.equal([2 * MESSAGE_BYTES, true]);
    receiver.release();
    expect([memory.bytes, receiver.isUnpacking]).to.deep.equal([0, false]);
  });

  it('keeps nothing of a message that was unpacked after its call ended', () => {
    const { receiver, memory, refusals } = receiverOf();
    receiver.write(frameOf(30, true));
    receiver.close();
    expect(receiver.hold(Buffer.alloc(1000))).to.equal(false);
    expect([memory.bytes, refusals]).to.deep.equal([0, []]);
  });

  it('counts messages that are kept until they are answered', () => {
    const { receiver, memory } = receiverOf();
    const [small] = receiver.write(frameOf(100)) as [Buffer];
    expect(receiver.hold(small)).to.equal(true);
    expect(memory.bytes).to.equal(small.length);
    receiver.close();
    expect(memory.bytes).to.equal(0);
  });
});
