// The reason of an Abort: UTF-8 without NUL, judged byte by byte as it comes.

let continuationsLeft: u32 = 0;
let lowest: u32 = 0x80;
let highest: u32 = 0xbf;

export function resetReason(): void {
  continuationsLeft = 0;
  lowest = 0x80;
  highest = 0xbf;
}

/** Writes how far a reason is to `pointer`; returns where that ends. */
export function saveReason(pointer: usize): usize {
  store<u32>(pointer, continuationsLeft);
  store<u32>(pointer, lowest, 4);
  store<u32>(pointer, highest, 8);
  return pointer + 12;
}

/** Goes on with what {@linkcode saveReason} has left at `pointer`; returns where that ends. */
export function restoreReason(pointer: usize): usize {
  continuationsLeft = load<u32>(pointer);
  lowest = load<u32>(pointer, 4);
  highest = load<u32>(pointer, 8);
  return pointer + 12;
}

/** Bytes that the character under way still needs. */
export function reasonMissing(): u32 {
  return continuationsLeft;
}

// The bounds of the byte behind a lead byte shut out overlong forms (e0, f0),
// surrogates (ed) and what lies above U+10FFFF (f4): RFC 3629, section 4.
function takeLead(byte: u32): bool {
  if (byte < 0x80) return byte != 0;
  if (byte < 0xc2 || byte > 0xf4) return false;
  continuationsLeft = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
  lowest = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
  highest = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
  return true;
}

/** Judges the next bytes of a reason; false when one of them cannot be. */
export function takeReason(pointer: usize, size: u32): bool {
  for (let i: u32 = 0; i < size; i++) {
    const byte = <u32> load<u8>(pointer + i);
    if (continuationsLeft == 0) {
      if (!takeLead(byte)) return false;
    } else {
      if (byte < lowest || byte > highest) return false;
      continuationsLeft--;
      lowest = 0x80;
      highest = 0xbf;
    }
  }
  return true;
}
