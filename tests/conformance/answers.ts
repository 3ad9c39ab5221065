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

export type Question = { kind: string; [key: string]: Json };

export type Answer = { ok: Json } | { error: { type: string; message: string } };

/** Answers questions as Hydra and OmegaConf would. `trees`: where the trees lie that they name. */
export function answers(trees: string): (question: Question) => Answer {
  const kinds = { ...compositions(trees), ...SMALL };
  return (question) => {
    const known = kinds[question.kind as keyof typeof kinds];
    try {
      if (known === undefined)
        throw new HydraError('ValueError', `questions of kind ${question.kind} are not answered`);
      return { ok: known(question) };
    } catch (error) {
      const type = error instanceof HydraError ? error.type : 'bug';
      const message = error instanceof Error ? error.message : String(error);
      return {
        error: { type, message: type === 'bug' && error instanceof Error ? (error.stack ?? '') : message },
      };
    }
  };
}

const SMALL: Readonly<Record<string, (question: Question) => Json>> = {
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
