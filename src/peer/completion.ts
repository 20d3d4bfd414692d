/**
 * Scripts with which a shell completes the command: made from the same table as
 * its help.
 *
 * @module
 */
import { WORDS } from "./code/words.ts";
import {
  COMMANDS,
  type CommandSpec,
  OPTIONS,
  type OptionSpec,
  type Shell,
} from "./command_table.ts";

/**
 * The script for a shell.
 *
 * @param shell Which one.
 * @param program What the command is called as.
 */
export function completionScript(shell: Shell, program: string): string {
  switch (shell) {
    case "bash":
      return bashScript(program);
    case "zsh":
      return zshScript(program);
    case "fish":
      return fishScript(program);
  }
}

/** The commands that are typed as a word. */
function wordedCommands(): (CommandSpec & { word: string })[] {
  return COMMANDS.flatMap((each) =>
    each.word ? [{ ...each, word: each.word }] : []
  );
}

function optionsOf(command: CommandSpec): OptionSpec[] {
  return OPTIONS.filter(({ commands }) =>
    !commands || commands.includes(command.name)
  );
}

function wordsOf(options: readonly OptionSpec[]): string {
  return options.map(({ name }) => `--${name}`).join(" ");
}

/** The name of a shell's function, which may not hold all characters of a program's name. */
function functionOf(program: string): string {
  return `_${program.replace(/\W/g, "_")}`;
}

function bashWords(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$current"))`;
}

/** What bash offers for the value of an option. */
function bashValue(name: string, { kind, choices }: OptionSpec): string {
  if (choices) return bashWords(choices);
  if (kind === undefined) return ":";
  return `${name}_paths ${kind === "folder" ? "-d" : "-f"}`;
}

/** What bash offers for an operand of a command. */
function bashOperand(
  name: string,
  { operandKind, operandChoices }: CommandSpec,
): string {
  if (operandChoices) return bashWords(operandChoices);
  if (operandKind === undefined) return ":";
  return operandKind === "code" ? `${name}_code` : `${name}_paths -f`;
}

function bashScript(program: string): string {
  const name = functionOf(program);
  const commands = wordedCommands();
  const words = commands.map(({ word }) => word);
  const values = OPTIONS.filter(({ value }) => value).map((option) => {
    const typed = option.name === "output" ? "--output|-o" : `--${option.name}`;
    return `    ${typed}) ${bashValue(name, option)}; return ;;`;
  });
  const options = COMMANDS.map((command) =>
    `      ${command.word ?? "*"}) options="${wordsOf(optionsOf(command))}" ;;`
  );
  const operands = commands.map((command) =>
    `    ${command.word}) ${bashOperand(name, command)} ;;`
  );
  return `# Completion of ${program} for bash: source it, or save it as
# ~/.local/share/bash-completion/completions/${program}
${name}_paths() {
  local IFS=$'\\n'
  compopt -o filenames
  COMPREPLY=($(compgen "$1" -- "$current"))
}
${name}_code() {
  local start="\${current%"\${current##*-}"}" word="\${current##*-}"
  [[ $current == *-* ]] || return
  COMPREPLY=($(compgen -P "$start" -W "${WORDS.join(" ")}" -- "$word"))
  [[ $start == *-*-*- ]] && return
  compopt -o nospace
  COMPREPLY=("\${COMPREPLY[@]/%/-}")
}
${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command="" word options
  local -i before=COMP_CWORD-1
  COMPREPLY=()
  # bash takes "--NAME=VALUE" apart at the "=".
  if [[ $current == = ]]; then current=""
  elif [[ \${COMP_WORDS[before]} == = ]]; then before+=-1
  fi
  case "\${COMP_WORDS[before]}" in
${values.join("\n")}
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
      ${words.join("|")}) command="$word"; break ;;
    esac
  done
  if [[ $current == -* ]]; then
    case "$command" in
${[...options.slice(1), options[0]].join("\n")}
    esac
    COMPREPLY=($(compgen -W "$options" -- "$current"))
    return
  fi
  case "$command" in
${operands.join("\n")}
    *) ${bashWords(words)} ;;
  esac
}
complete -F ${name} ${program}
`;
}

/** A text between single quotes, as bash, zsh and fish read it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The same, with the characters escaped that \`_arguments\` of zsh gives a meaning to. */
function zshText(text: string): string {
  return text.replace(/[[\]:\\]/g, "\\$&");
}

function zshOption(
  { name, value, kind, choices, help, isRepeatable }: OptionSpec,
): string {
  const repeat = isRepeatable ? "*" : "";
  const what = `${repeat}--${name}${value ? "=" : ""}[${
    zshText(shortened(help))
  }]`;
  if (!value) return quoted(what);
  const action = choices
    ? `(${choices.join(" ")})`
    : kind === "folder"
    ? "_files -/"
    : kind === "file"
    ? "_files"
    : " ";
  return quoted(`${what}:${value}:${action}`);
}

function zshScript(program: string): string {
  const name = functionOf(program);
  const commands = wordedCommands();
  const [meet] = COMMANDS;
  const cases = commands.map((command) => {
    const { word, operandKind, operandChoices, operands } = command;
    const action = operandChoices
      ? `(${operandChoices.join(" ")})`
      : operandKind === "file"
      ? "_files"
      : operandKind === "code"
      ? `${name}_code`
      : " ";
    const positional = operands === ""
      ? []
      : [quoted(`*:${zshText(operands)}:${action}`)];
    const specs = [...optionsOf(command).map(zshOption), ...positional];
    return `    ${word}) _arguments -S ${specs.join(" ")} ;;`;
  });
  const described = commands.map(({ word, help }) =>
    quoted(`${word}:${shortened(help)}`)
  );
  return `#compdef ${program}
# Completion of ${program} for zsh: save it as _${program} in a folder of $fpath.
${name}_code() {
  local -a words=(${WORDS.join(" ")})
  [[ $PREFIX == *-* ]] || return 1
  if compset -P 3 '*-'; then compadd -a words
  else compset -P '*-'; compadd -S - -a words; fi
}
${name}() {
  local -a commands=(${described.join(" ")})
  local word command=""
  for word in \${words[2,CURRENT-1]}; do
    case $word in
      ${commands.map(({ word }) => word).join("|")}) command=$word; break ;;
    esac
  done
  if [[ -n $command ]]; then
    # What stands before the command is done with.
    words=("\${(@)words[\${words[(i)$command]},-1]}")
    (( CURRENT = \${#words} ))
  fi
  case $command in
${cases.join("\n")}
    *) _arguments -S ${optionsOf(meet!).map(zshOption).join(" ")} ${
    quoted("1:command:->command")
  }
       [[ $state == command ]] && _describe command commands ;;
  esac
}
if [[ $funcstack[1] == _${program} ]]; then ${name} "$@"; else compdef ${name} ${program}; fi
`;
}

function fishScript(program: string): string {
  const commands = wordedCommands();
  const all = commands.map(({ word }) => word).join(" ");
  const lines = [
    `# Completion of ${program} for fish: save it as ~/.config/fish/completions/${program}.fish`,
    `function __${program}_code`,
    "    set -l typed (commandline -ct)",
    '    string match -q "*-*" -- $typed; or return',
    '    set -l start (string replace -r "[^-]*\\$" "" -- $typed)',
    `    printf "$start%s\\n" ${WORDS.join(" ")}`,
    "end",
    `complete -c ${program} -f`,
  ];
  for (const { word, help } of commands) {
    lines.push(
      `complete -c ${program} -n "not __fish_seen_subcommand_from ${all}" -a ${word} -d ${
        quoted(shortened(help))
      }`,
    );
  }
  for (const { word, operandKind, operandChoices } of commands) {
    const seen =
      `complete -c ${program} -n "__fish_seen_subcommand_from ${word}"`;
    if (operandChoices) {
      lines.push(`${seen} -a ${quoted(operandChoices.join(" "))}`);
    } else if (operandKind === "file") lines.push(`${seen} -F`);
    else if (operandKind === "code") {
      lines.push(`${seen} -a "(__${program}_code)"`);
    }
  }
  for (const { name, value, kind, choices, help, commands: only } of OPTIONS) {
    const where = only
      ? fishCondition(
        only.flatMap((each) =>
          COMMANDS.find((spec) => spec.name === each)!.word ?? []
        ),
        all,
      )
      : "";
    const action = !value
      ? ""
      : choices
      ? ` -x -a ${quoted(choices.join(" "))}`
      : kind === "folder"
      ? ' -x -a "(__fish_complete_directories)"'
      : kind === "file"
      ? " -r -F"
      : " -x";
    lines.push(
      `complete -c ${program}${where} -l ${name}${action} -d ${
        quoted(shortened(help))
      }`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** Where an option is for some commands only: behind one of them, or where none was typed. */
function fishCondition(words: readonly string[], all: string): string {
  return ` -n "__fish_seen_subcommand_from ${
    words.join(" ")
  }; or not __fish_seen_subcommand_from ${all}"`;
}

/** A help text up to what stands in brackets, on one line. */
function shortened(help: string): string {
  return help.split(" (")[0]!;
}
