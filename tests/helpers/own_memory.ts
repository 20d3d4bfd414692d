/**
 * Bytes that the test's own thread has in use: its objects, and the memory of
 * its array buffers. (`rss` is that of the process, in which other tests run.)
 */
export function ownMemorySize(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}
