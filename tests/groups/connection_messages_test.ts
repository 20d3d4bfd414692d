import "../connection/cancel_test.ts";
import "../connection/confirm_test.ts";
import "../connection/receive_test.ts";
import "../connection/receive_signal_test.ts";
import "../connection/refused_sources_test.ts";
import "../connection/send_test.ts";
import "../connection/sources_test.ts";
import "../connection/stats_test.ts";
