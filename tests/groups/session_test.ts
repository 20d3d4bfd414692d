import "../session/byte_queue_test.ts";
import "../session/loan_test.ts";
import "../session/long_buffer_test.ts";
import "../session/outbox_test.ts";
import "../session/outbox_work_test.ts";
import "../session/small_message_reader_test.ts";
