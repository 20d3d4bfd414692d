/**
 * The room of what every other room may use: the error class, the limits, the
 * rules for text that crosses the wire, assertions. Import from its files; there
 * is nothing in this one.
 *
 * This room imports nothing, does no I/O and keeps no state. Values that come in
 * from anywhere are judged here; errors, and text that is safe to show, go out.
 *
 * @module
 */
