// Network byte order, and moves within a region.

// @ts-ignore: decorator
@inline
export function loadU32(pointer: usize): u32 {
  return bswap(load<u32>(pointer));
}

// @ts-ignore: decorator
@inline
export function storeU32(pointer: usize, value: u32): void {
  store<u32>(pointer, bswap(value));
}

/**
 * Moves bytes towards the start of memory; the two places may overlap. Each
 * load comes before the store that could reach it, because `to` is below
 * `from`. For small parts this takes half the time of `memory.copy`.
 */
// @ts-ignore: decorator
@inline
export function moveDown(to: usize, from: usize, size: u32): void {
  assert(to < from);
  const end = from + size;
  while (end - from >= 16) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  }
  while (from < end) {
    store<u8>(to, load<u8>(from));
    to += 1;
    from += 1;
  }
}
