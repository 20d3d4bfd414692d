/**
 * Text as lines.
 *
 * @module
 */

/** Cuts a stream of text at each end of a line. */
export class TextLineStream extends TransformStream<string, string> {
  /** Begins with nothing. */
  constructor() {
    let rest = "";
    super({
      transform(text, controller) {
        const lines = (rest + text).split("\n");
        rest = lines.pop()!;
        for (const line of lines) controller.enqueue(line);
      },
    });
  }
}
