import { type ErrorKind, kind } from '../kind.ts';

/** What keeps the process or its parts from running: the command line, the configuration, embedded parts. */
export const processKinds = {
  demo_failed: kind('outside', 500, 500, false, 'The log that the demo names has more.'),
  usage_invalid: kind('configuration', 500, 500, false, 'See sipreel help.'),
  config_invalid: kind(
    'configuration',
    500,
    500,
    false,
    'Correct the listed keys in the configuration and start again.',
  ),
  config_unreadable: kind('configuration', 500, 500, false, 'Check the path and the permissions of the file.'),
  plugin_options_invalid: kind(
    'caller',
    500,
    500,
    false,
    'Correct the option of createRecorder; docs/21-plugin.md has them.',
  ),
  node_taken: kind(
    'configuration',
    500,
    500,
    false,
    'Give each process a node of its own (option node), for example with the number that your process manager gives it.',
  ),
  output_exists: kind('configuration', 409, 500, false, 'Choose another file, or overwrite it with --force.'),
  output_failed: kind(
    'outside',
    507,
    500,
    false,
    'Check the folder of the file: its space, its permissions, its name.',
  ),
  part_missing: kind(
    'configuration',
    500,
    503,
    false,
    'Install what the message names: deploy/setup.sh installs the Debian packages and builds dist/.',
  ),
  part_failed: kind(
    'outside',
    500,
    503,
    true,
    "Read the program's own last lines in the message; log.level debug shows all that it says.",
  ),
  embedded_address_invalid: kind(
    'configuration',
    500,
    500,
    false,
    'Give --sip an address of this machine that callers reach and a port that no other program has; port 0 chooses one.',
  ),
  internal_error: kind(
    'sipreel',
    500,
    500,
    false,
    'This is a fault of sipreel: please report it with the log lines of this call.',
  ),
} as const satisfies Record<string, ErrorKind>;
