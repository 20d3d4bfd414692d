// The packet header, or the control packet, of which not all has arrived; in
// one place or the other, since a record may tell of the one before.
import { loadU32 } from "./bytes";
import { BEGUN, BEGUN_SIZE } from "./memory";
import { LENGTH_OFFSET, PACKET_HEADER_SIZE } from "./wire";

let begun: usize = BEGUN;
let fill: u32 = 0;

/** Bytes of it that have arrived. */
export function headerReceived(): u32 {
  return fill;
}

/** Bytes that the header or the control packet will have. */
export function begunSize(): u32 {
  return fill < <u32> PACKET_HEADER_SIZE
    ? <u32> PACKET_HEADER_SIZE
    : <u32> PACKET_HEADER_SIZE + loadU32(begun + LENGTH_OFFSET);
}

/** Takes the next bytes of it; returns where it stands. */
export function growBegun(from: usize, size: u32): usize {
  memory.copy(begun + fill, from, size);
  fill += size;
  return begun;
}

/** It is over, and where it stands is left as it is until the next one is over. */
export function endBegun(): void {
  fill = 0;
  begun ^= BEGUN_SIZE;
}

/** Writes it to `pointer`, and forgets it; returns where that ends. */
export function saveBegun(pointer: usize): usize {
  store<u32>(pointer, fill);
  memory.copy(pointer + 4, begun, fill);
  const end = pointer + 4 + fill;
  fill = 0;
  return end;
}

/** Goes on with what {@linkcode saveBegun} has left at `pointer`; returns where that ends. */
export function restoreBegun(pointer: usize): usize {
  assert(fill == 0);
  const size = load<u32>(pointer);
  assert(size < <u32> BEGUN_SIZE);
  growBegun(pointer + 4, size);
  return pointer + 4 + size;
}
