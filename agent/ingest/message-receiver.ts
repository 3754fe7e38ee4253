import type { MessageMemory } from './message-memory.ts';

/** A message's flag of compression and its length ("Length-Prefixed-Message" of gRPC over HTTP/2). */
const HEAD_BYTES = 5;

/** Why a message is not received. */
export type ReceiveRefusal = 'too_large' | 'overload';

export interface ReceiveLimits {
  /** Longest message, packed or not. */
  readonly messageBytes: number;
  readonly memory: MessageMemory;
}

/**
 * Takes messages out of the bytes of one call, in grpc-js's place (`receiveInto`), with their heads, as grpc-js wants
 * them. One that came in one piece stays where it is; one that comes in several gets room in the shared memory, which is
 * used again after `release`.
 *
 * Hot: see `npm run bench -- ingest otlp`.
 */
export class MessageReceiver {
  readonly #limits: ReceiveLimits;
  readonly #refuse: (reason: ReceiveRefusal) => void;
  /** Of the message that is being received; its head alone at first. */
  #room: Buffer | undefined;
  #filled = 0;
  /** With its head; 0: not known yet. */
  #length = 0;
  /** Of the message that is whole, and not yet answered. */
  #whole: Buffer | undefined;
  /** Reserved beside the rooms. */
  #reserved = 0;
  /** Messages that were given and not released, and how many of them are packed. */
  #given = 0;
  #packed = 0;
  #isClosed = false;

  /** `refuse` is told once, and ends the call. */
  constructor(limits: ReceiveLimits, refuse: (reason: ReceiveRefusal) => void) {
    this.#limits = limits;
    this.#refuse = refuse;
  }

  /** Hot. The messages that are whole now. */
  write(data: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    let at = 0;
    while (at < data.length && !this.#isClosed) {
      const length = this.#room === undefined ? lengthAt(data, at) : 0;
      if (length > 0 && at + length <= data.length) {
        if (this.#admit(data, at, length)) messages.push(data.subarray(at, at + length));
        at += length;
      } else {
        at = this.#receive(data, at, messages);
      }
    }
    this.#given += messages.length;
    return messages;
  }

  /** Whether a packed message was given, and not released. */
  get isUnpacking(): boolean {
    return this.#packed > 0;
  }

  /**
   * Whether a message that came, unpacked, may be kept until it is answered. Not after the end of the call: what was
   * unpacked meanwhile may be anything.
   */
  hold(message: Uint8Array): boolean {
    if (this.#isClosed) return false;
    this.#packed = 0;
    return message.buffer === this.#whole?.buffer || this.#reserve(message.byteLength);
  }

  /** The oldest of the messages given is read no more. */
  release(): void {
    this.#given--;
    if (this.#given <= 0) this.#releaseAll();
  }

  /** The call has ended, and no message is read any more. */
  close(): void {
    this.#isClosed = true;
    this.#releaseAll();
    this.#room = this.#giveBack(this.#room);
  }

  #releaseAll(): void {
    this.#limits.memory.release(this.#reserved);
    this.#reserved = 0;
    this.#packed = 0;
    this.#whole = this.#giveBack(this.#whole);
  }

  /** A piece of a message that does not stand whole in `data`; returns where it ends there. */
  #receive(data: Buffer, start: number, messages: Buffer[]): number {
    const room = this.#roomFor(data, start);
    if (room === undefined) return data.length;
    const goal = this.#length === 0 ? HEAD_BYTES : Math.min(this.#length, room.length);
    const end = Math.min(data.length, start + goal - this.#filled);
    data.copy(room, this.#filled, start, end);
    this.#filled += end - start;
    if (this.#length === 0) {
      if (this.#filled === HEAD_BYTES) this.#length = lengthAt(room, 0);
      if (this.#length > 0 && !this.#admit(room, 0, this.#length)) return data.length;
    }
    if (this.#filled === this.#length) this.#finish(room, messages);
    return end;
  }

  /** With place for at least one byte more. */
  #roomFor(data: Buffer, start: number): Buffer | undefined {
    const room = this.#room;
    if (room === undefined) return this.#open(data, start);
    if (this.#length === 0 || (room.length > HEAD_BYTES && this.#filled < room.length)) return room;
    return this.#grow(room);
  }

  #open(data: Buffer, start: number): Buffer | undefined {
    this.#filled = 0;
    this.#length = lengthAt(data, start);
    if (this.#length === 0) this.#room = Buffer.allocUnsafe(HEAD_BYTES);
    else if (this.#admit(data, start, this.#length)) this.#room = this.#take(data.length - start);
    return this.#room;
  }

  #grow(room: Buffer): Buffer | undefined {
    const larger = this.#take(this.#filled + 1);
    if (larger === undefined) return undefined;
    room.copy(larger, 0, 0, this.#filled);
    this.#giveBack(room);
    this.#room = larger;
    return larger;
  }

  #take(received: number): Buffer | undefined {
    const room = this.#limits.memory.take(this.#length, received);
    if (room === undefined) this.#fail('overload');
    return room;
  }

  #finish(room: Buffer, messages: Buffer[]): void {
    this.#whole = this.#giveBack(this.#whole);
    this.#whole = room;
    this.#room = undefined;
    messages.push(room.subarray(0, this.#length));
  }

  /** What is packed may unpack to the longest message. */
  #admit(bytes: Buffer, start: number, length: number): boolean {
    const { messageBytes } = this.#limits;
    if (length - HEAD_BYTES > messageBytes) this.#fail('too_large');
    else if (bytes[start] === 1 && this.#reserve(messageBytes)) this.#packed++;
    return !this.#isClosed;
  }

  #reserve(bytes: number): boolean {
    if (!this.#limits.memory.reserve(bytes)) {
      this.#fail('overload');
      return false;
    }
    this.#reserved += bytes;
    return true;
  }

  #fail(reason: ReceiveRefusal): void {
    this.close();
    this.#refuse(reason);
  }

  #giveBack(room: Buffer | undefined): undefined {
    if (room !== undefined && room.length > HEAD_BYTES) this.#limits.memory.giveBack(room);
  }
}

/** Of the message that begins at byte `start`, with its head; 0: the head is not whole. */
function lengthAt(bytes: Buffer, start: number): number {
  return bytes.length - start < HEAD_BYTES ? 0 : HEAD_BYTES + bytes.readUInt32BE(start + 1);
}

/**
 * Lets `receiver` take the messages of a call. grpc-js has no option for it, so this replaces its private decoder, if it
 * is where and what it was in 1.14; else messages are received as grpc-js does it: dearer and without a common bound.
 */
export function receiveInto(receiver: MessageReceiver, call: object): void {
  const decoder: unknown = Reflect.get(call, 'decoder');
  if (typeof decoder !== 'object' || decoder === null) return;
  if (typeof Reflect.get(decoder, 'write') === 'function') Reflect.set(call, 'decoder', receiver);
}
