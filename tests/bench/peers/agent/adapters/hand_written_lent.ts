/**
 * The LEKT wire by hand, with messages that the application is lent.
 *
 * @module
 */
import { handWrittenAdapter } from "./hand_written.ts";

/** See `hand_written.ts`. */
export const adapter = handWrittenAdapter(false);
