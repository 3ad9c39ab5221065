import { createInterface } from 'node:readline';
import { packageHeader } from '../../src/hydra/compose/header.js';
import { overrideDirname } from '../../src/hydra/compose/runtime.js';
import { contentOf } from '../../src/hydra/config/argument.js';
import { createRoot } from '../../src/hydra/config/create.js';
import { HydraError } from '../../src/hydra/errors.js';
import { fromTyped, type Json, toTyped } from '../../src/hydra/typed-json.js';
import { dumpYaml } from '../../src/hydra/yaml/dump.js';
import { loadYaml } from '../../src/hydra/yaml/load.js';
import { compositions } from './compositions.js';
import { answerParse, parsed } from './overrides.js';
import {
  answerCreate,
  answerDotlist,
  answerGrammar,
  answerMerge,
  answerResolve,
  answerSelect,
  answerUpdate,
} from './trees.js';

// Answers questions about configurations, one JSON object a line, in the form of a recorded corpus: {"id", "kind",
// inputs…} → {"id", "ok"} or {"id", "error": {"type", "message"}}. `--trees DIR`: where the trees lie that they name.

type Case = { id: string; kind: string; [key: string]: Json };

const trees = process.argv[process.argv.indexOf('--trees') + 1] ?? '.';

const ANSWERS: Readonly<Record<string, (question: Case) => Json>> = {
  ...compositions(trees),
  override_parse: ({ rule, input }) => answerParse(String(rule), String(input)),
  override_dirname: ({ overrides, exclude_keys, item_sep, kv_sep }) => ({
    value: overrideDirname(parsed(overrides as string[]), {
      kvSep: String(kv_sep),
      itemSep: String(item_sep),
      excludeKeys: exclude_keys as string[],
    }),
  }),
  yaml_load: ({ input }) => ({ value: toTyped(loadYaml(String(input))) }),
  yaml_dump: ({ data }) => ({ yaml: dumpYaml(contentOf(createRoot(fromTyped(data ?? null)))) }),
  pkg_header: ({ input }) => ({ package: packageHeader(String(input), 'input') }),
  oc_create: answerCreate,
  oc_merge: answerMerge,
  oc_select: answerSelect,
  oc_update: answerUpdate,
  oc_grammar: answerGrammar,
  oc_resolve: answerResolve,
  dotlist: answerDotlist,
};

export function answer(question: Case): Json {
  const { id, kind } = question;
  try {
    const known = ANSWERS[kind];
    if (known === undefined) throw new HydraError('ValueError', `questions of kind ${kind} are not answered`);
    return { id, ok: known(question) };
  } catch (error) {
    if (error instanceof HydraError) return { id, error: { type: error.type, message: error.message } };
    return {
      id,
      error: { type: 'bug', message: error instanceof Error ? (error.stack ?? '') : String(error) },
    };
  }
}

async function main(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin }))
    if (line !== '') process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
}

void main();
