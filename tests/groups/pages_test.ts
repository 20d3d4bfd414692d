import "../architecture_test.ts";
import "../config_test.ts";
import "../page_tables_test.ts";
import "../pages_test.ts";
import "../protocol_doc_test.ts";
import "../readme_test.ts";
import "../rules_test.ts";
