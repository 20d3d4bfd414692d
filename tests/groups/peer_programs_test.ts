import "../peer/config_file_test.ts";
import "../peer/file_policy_test.ts";
import "../peer/installed_test.ts";
import "../peer/interrupted_test.ts";
import "../peer/meet_test.ts";
import "../peer/presence_test.ts";
import "../peer/save_file_test.ts";
import "../peer/shell_help_test.ts";
