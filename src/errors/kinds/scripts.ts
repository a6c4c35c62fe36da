import { type ErrorKind, kind, script } from '../kind.ts';

/** Scripts: the codes of SWML's reference; each error carries script, path, line and column in its details. */
export const scriptsKinds = {
  relay_script_parse_error: script('Correct the YAML or JSON at the given line.'),
  relay_script_parse_internal_error: script('Check that the script is YAML or JSON; if it is, please report it.'),
  relay_script_version_invalid: script('Write version: 1.0.0, or leave version out.'),
  relay_script_sections_missing: script('Add sections: with a main section to the script.'),
  relay_script_main_section_missing: script('Add a section named main: the script starts there.'),
  relay_script_section_code_missing: script('Give the section at least one step, or delete it.'),
  relay_script_section_parameter_undefined: script('Name a section of the same script, or give an http(s) URL.'),
  relay_script_element_undefined: script('Delete the key: a script has version and sections alone.'),
  relay_script_element_wrong_type: script('Write a list where a list is due and keys with values where keys are due.'),
  relay_script_element_invalid_value: script('Give the element a value that is allowed.'),
  relay_script_element_duplicated: script('Delete or rename one of the two.'),
  relay_script_method_missing_name: script('Name one method in each step, such as "- answer: {}".'),
  relay_script_method_undefined: script('Use one of the methods that the message lists.'),
  relay_script_method_parameter_missing: script('Give the method the parameter that the message names.'),
  relay_script_method_parameter_invalid_value: script('Give the parameter a value that the message allows.'),
  relay_script_method_parameter_undefined: script('Correct the name of the parameter, or delete it.'),
  relay_script_method_parameter_conflict: script('Keep one of the parameters that exclude each other.'),
  relay_script_method_no_matching_condition: script('Add a default to the switch.'),
  relay_script_method_execute_failed: script(
    'Look at the cause in the message and the log: the step itself is well written.',
  ),
  relay_script_js_eval_error: script('Correct the JavaScript expression; it may have 1,024 characters and run 150 ms.'),
  relay_script_nested_too_deep: script('Nest less: move inner steps to a section of their own and execute it.'),
  relay_script_too_many_transfers: script('Break the circle of transfers: a call may have 32.'),
  relay_script_internal_error: kind(
    'sipreel',
    500,
    500,
    false,
    'This is a fault of sipreel: please report it with the log lines of this call.',
  ),
  script_unreadable: kind(
    'outside',
    502,
    500,
    true,
    'Check that the file or the server behind the URL is there, may be read and answers in time with at most 1 MB.',
  ),
} as const satisfies Record<string, ErrorKind>;
