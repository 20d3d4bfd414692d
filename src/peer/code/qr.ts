/**
 * A code as a picture for a camera.
 *
 * @module
 */
import type { Reporter } from "../reporter.ts";

/**
 * The picture, as rows of half blocks; none where nobody can see it.
 *
 * @param text What the camera reads.
 * @param reporter Tells whether a person looks at a terminal with room for it.
 */
export async function qrLines(
  text: string,
  reporter: Reporter,
): Promise<string[]> {
  if (!reporter.showsPictures) return [];
  const { renderUnicodeCompact } = await import("uqr");
  const picture = renderUnicodeCompact(text, { border: 2 });
  return picture.split("\n");
}
