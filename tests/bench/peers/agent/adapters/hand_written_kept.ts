/**
 * The LEKT wire by hand, with messages that the application keeps.
 *
 * @module
 */
import { handWrittenAdapter } from "./hand_written.ts";

/** See `hand_written.ts`. */
export const adapter = handWrittenAdapter(true);
