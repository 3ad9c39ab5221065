import { expect, test } from 'vitest';
import { findHydraMain, type Parameter } from '../../../src/program/hydra-main.js';

const text = (value: string): Parameter => ({ kind: 'text', text: value });
const expression = (value: string): Parameter => ({ kind: 'expression', expression: value });
const none: Parameter = { kind: 'none' };
const unset: Parameter = { kind: 'unset' };

/** Sources with their config_path, config_name and version_base. */
const APPLICATIONS: [what: string, source: string, parameters: [Parameter, Parameter, Parameter]][] = [
  [
    'the usual one',
    'import hydra\n\n@hydra.main(version_base=None, config_path="conf", config_name="config")\ndef main(cfg):\n    pass\n',
    [text('conf'), text('config'), none],
  ],
  ['nothing given', 'import hydra\n@hydra.main()\ndef main(cfg): ...', [unset, unset, unset]],
  [
    'by position',
    'import hydra\n@hydra.main("conf", "c", "1.3")\ndef f(c): ...',
    [text('conf'), text('c'), text('1.3')],
  ],
  [
    'some by position',
    'import hydra\n@hydra.main(None, config_name="c")\ndef f(c): ...',
    [none, text('c'), unset],
  ],
  [
    'another name of the module',
    'import hydra as h\n@h.main(config_name="c")\ndef f(c): ...',
    [unset, text('c'), unset],
  ],
  [
    'the function alone',
    'from hydra import main\n@main(config_name="c")\ndef f(c): ...',
    [unset, text('c'), unset],
  ],
  [
    'the function alone, decorating one of its name',
    'from hydra import main\n@main(config_name="c")\ndef main(cfg): ...\nif __name__ == "__main__":\n    main()\n',
    [unset, text('c'), unset],
  ],
  [
    'another name of the function',
    'from hydra import (\n    compose,\n    main as hydra_main,  # the decorator\n)\n@hydra_main(config_path="c")\ndef f(c): ...',
    [text('c'), unset, unset],
  ],
  [
    'from its module',
    'from hydra.main import main as m\n@m(None, "c")\ndef f(c): ...',
    [none, text('c'), unset],
  ],
  ['everything of it', 'from hydra import *\n@main(None, "c")\ndef f(c): ...', [none, text('c'), unset]],
  [
    'imported with a part of it',
    'import os, hydra.utils\n@hydra.main(None, "c")\ndef f(c): ...',
    [none, text('c'), unset],
  ],
  [
    'imported where it may be missing',
    'try: import hydra\nexcept ImportError: hydra = None\n@hydra.main(None, "c")\ndef f(c): ...',
    [none, text('c'), unset],
  ],
  [
    'two imports in a line',
    'import sys; import hydra; x = 1\n@hydra.main(None, "c")\ndef f(c): ...',
    [none, text('c'), unset],
  ],
  [
    'over many lines',
    'import hydra\n@hydra.main(\n    # where\n    config_path=(\n        "../"  # up\n        \'conf\'\n    ),\n    config_name="c",\n)\ndef f(c): ...',
    [text('../conf'), text('c'), unset],
  ],
  [
    'over a backslash',
    'import hydra\n@hydra. \\\n  main(config_path= \\\n "c")\ndef f(c): ...',
    [text('c'), unset, unset],
  ],
  [
    'lines of Windows',
    'import hydra\r\n@hydra.main(\r\n  config_path="c",\r\n)\r\ndef f(c): ...\r\n',
    [text('c'), unset, unset],
  ],
  [
    'among other decorators',
    'import hydra\n@record\n@hydra.main(None, "c")\n@wrapped(1)\nasync def f(c): ...',
    [none, text('c'), unset],
  ],
  [
    'within a function',
    'def cli():\n    import hydra\n    @hydra.main(None, "c")\n    def f(c): ...\n    f()\n',
    [none, text('c'), unset],
  ],
  [
    'applied by a call',
    'import hydra\ndef train(c): ...\nmain = hydra.main("conf", "c")(train)\nmain()\n',
    [text('conf'), text('c'), unset],
  ],
  [
    'applied where it is returned',
    'import hydra\ndef f(fn):\n    return hydra.main("conf", "c")(fn)\n',
    [text('conf'), text('c'), unset],
  ],
  [
    'kept in a variable',
    'import hydra\ndeco = hydra.main("conf", "c")\n@deco\ndef f(c): ...',
    [text('conf'), text('c'), unset],
  ],
  [
    'kept in a variable, then called',
    'import hydra\nwrap = hydra.main("conf", "c")\nwrap(f)()\n',
    [text('conf'), text('c'), unset],
  ],
  [
    'raw, joined and empty text',
    'import hydra\n@hydra.main(r"a\\b" "\\x63" u"d", "")\ndef f(c): ...',
    [text('a\\bcd'), text(''), unset],
  ],
  [
    'text in three quotes',
    `import hydra\n@hydra.main("""conf""", '''c''')\ndef f(c): ...`,
    [text('conf'), text('c'), unset],
  ],
  [
    'an f-string without fields',
    'import hydra\n@hydra.main(f"conf", f"a{{b}}")\ndef f(c): ...',
    [text('conf'), text('a{b}'), unset],
  ],
  [
    'joined paths',
    'import hydra, os\n@hydra.main(os.path.join("..", "conf"), os.path.join("a/", "b"))\ndef f(c): ...',
    [text('../conf'), text('a/b'), unset],
  ],
  [
    'what only Python knows',
    'import hydra\n@hydra.main(config_path=str(Path(__file__).parent / "conf"), config_name=NAME, version_base="1" + ".3")\ndef f(c): ...',
    [expression('str(Path(__file__).parent / "conf")'), expression('NAME'), expression('"1" + ".3"')],
  ],
  [
    'fields, bytes, names of characters',
    'import hydra\n@hydra.main(f"{root}/conf", b"c", "\\N{DASH}")\ndef f(c): ...',
    [expression('f"{root}/conf"'), expression('b"c"'), expression('"\\N{DASH}"')],
  ],
  [
    'a mapping of parameters',
    'import hydra\n@hydra.main(config_name="c", **PARAMETERS)\ndef f(c): ...',
    [expression('**PARAMETERS'), text('c'), expression('**PARAMETERS')],
  ],
  [
    'a parameter of old',
    'import hydra\n@hydra.main(config_path="conf/train.yml", strict=False)\ndef f(c): ...',
    [text('conf/train.yml'), unset, unset],
  ],
  [
    'several, of which one is called',
    'import hydra\n@hydra.main(None, "a")\ndef a(c): ...\n@hydra.main(None, "b")\ndef b(c): ...\nif __name__ == "__main__":\n    b()\n',
    [none, text('b'), unset],
  ],
  [
    'several, of which any may run',
    'import hydra\n@hydra.main(None, "a")\ndef a(c): ...\n@hydra.main(None, "b")\ndef b(c): ...\n',
    [none, expression('one of several @hydra.main'), unset],
  ],
  [
    'below quotes in an f-string',
    'import hydra\nx = f"{d["a"]!r:>{w}} {{ \'}} {f\'{y:\\"}\'}"\n@hydra.main(None, "c")\ndef f(c): ...',
    [none, text('c'), unset],
  ],
  [
    'below a comment with an apostrophe',
    "# isn't\nimport hydra  # isn't\n@hydra.main(None, 'c')  # isn't\ndef f(c): ...",
    [none, text('c'), unset],
  ],
  [
    'below a docstring that quotes it',
    '"""\n@hydra.main("x")\n\\""" """\nimport hydra\n@hydra.main(None, "c")\ndef f(c): ...',
    [none, text('c'), unset],
  ],
];

test.each(APPLICATIONS)('%s', (_, source, [configPath, configName, versionBase]) => {
  const search = findHydraMain(source);
  expect(search).toMatchObject({ kind: 'found', main: { configPath, configName, versionBase } });
});

const OTHERS: [what: string, kind: 'absent' | 'unused' | 'indirect', source: string][] = [
  ['no Hydra', 'absent', 'import argparse\nprint("lr=1")\n'],
  ['a comment', 'absent', '# import hydra\n# @hydra.main()\ndef f(): ...\n'],
  ['a docstring', 'absent', '"""\nimport hydra\n@hydra.main()\ndef f(c): ...\n"""\n'],
  ['text', 'absent', "template = '''import hydra\n@hydra.main(None)\n'''\n"],
  ['an f-string', 'absent', 'x = f"{1}\\nimport hydra\\n@hydra.main()"\n'],
  ['a module of another name', 'absent', 'import hydra_zen, my.hydra\n@my.hydra.main()\ndef f(c): ...\n'],
  ['a part of one', 'absent', 'from tools import hydra\n@hydra.main()\ndef f(c): ...\n'],
  [
    'a module beside it',
    'absent',
    'from . import hydra\nfrom .. import hydra\nfrom ...x import hydra\n@hydra.main()\ndef f(c): ...\n',
  ],
  ['a part of one beside it', 'absent', 'from .hydra import main\n@main()\ndef f(c): ...\n'],
  ['nothing imported', 'absent', '@hydra.main()\ndef f(c): ...\n'],
  ['another main', 'unused', 'import hydra\nfrom tools import main\n@main()\ndef f(c): ...\n'],
  ['an attribute of an attribute', 'unused', 'import hydra\n@x.hydra.main()\ndef f(c): ...\n'],
  [
    'compose alone',
    'unused',
    'from hydra import compose, initialize\nwith initialize(config_path="conf"):\n    cfg = compose("config")\n',
  ],
  [
    'compose of a directory',
    'unused',
    'import hydra\nhydra.initialize_config_dir("conf")\nhydra.compose("c")\n',
  ],
  ['utils alone', 'unused', 'from hydra.utils import instantiate\nimport hydra.utils as u\n'],
  [
    'the main of a module that imports it',
    'unused',
    'import hydra\nfrom pkg.train import main\nif __name__ == "__main__":\n    main()\n',
  ],
  ['a function of its own', 'unused', 'from hydra import main\ndef main(): ...\nmain()\n'],
  ['no call', 'indirect', 'import hydra\n@hydra.main\ndef f(c): ...\n'],
  ['a variable', 'indirect', 'import hydra\ndeco = hydra.main\n@deco("conf")\ndef f(c): ...\n'],
  [
    'a partial',
    'indirect',
    'import hydra\nfrom functools import partial\nm = partial(hydra.main, version_base=None)\n@m()\ndef f(c): ...\n',
  ],
  [
    'a factory',
    'indirect',
    'import hydra\ndef deco():\n    return hydra.main("conf")\n@deco()\ndef f(c): ...\n',
  ],
  ['a result that nobody calls', 'indirect', 'import hydra\nrc = hydra.main()\nassert rc == 0\n'],
];

test.each(OTHERS)('not %s: %s', (_, kind, source) => {
  expect(findHydraMain(source).kind).toBe(kind);
});

test('the entry that is called from outside', () => {
  const source =
    'import hydra\n@hydra.main(None, "a")\ndef a(c): ...\n@hydra.main(None, "b")\ndef b(c): ...\na()\n';
  expect(findHydraMain(source, 'b')).toMatchObject({ main: { configName: text('b'), line: 4 } });
});

test('the line is that of the source', () => {
  const source = '"""one\ntwo"""\r\nimport hydra\n\n@hydra.main()\ndef f(c): ...';
  expect(findHydraMain(source)).toMatchObject({ main: { line: 5 } });
});

test('source that is none', () => {
  for (const source of [
    'import hydra\n@hydra.main(',
    'import hydra\n@hydra.main("',
    'import hydra as',
    'from hydra import',
    'hydra',
  ])
    expect(['unused', 'absent', 'indirect'], source).toContain(findHydraMain(source).kind);
});

test('long sources take a moment', () => {
  const source = `import hydra\n${'x = f"""{a[1]} "" \\" {{"""\n'.repeat(40_000)}@hydra.main(None, "c")\ndef f(c): ...`;
  const start = performance.now();
  expect(findHydraMain(source).kind).toBe('found');
  expect(performance.now() - start).toBeLessThan(2000);
});
