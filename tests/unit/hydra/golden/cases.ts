import type { Question } from '../../../conformance/answers.js';

// What the recorded corpus asks of its trees, as words of a command line.

interface Corpus {
  tree: string;
  config: string;
  versionBase: string;
  /** Each a command line; `-m` makes it a sweep, `-cn=name` another configuration, `NAME=x` before it the environment. */
  lines: readonly string[];
  /** What a program has registered. */
  store?: readonly { path: string; package: string | null; yaml: string }[];
}

export const CORPORA: readonly Corpus[] = [
  {
    tree: 'research',
    config: 'train',
    versionBase: '1.3',
    lines: [
      '',
      'experiment=quick',
      'experiment=wide',
      'experiment=quick trainer=gpu seed=1',
      'experiment=wide model.net.widths=[8,16] logger=csv',
      'debug=default',
      'debug=overfit experiment=quick',
      'trainer=ddp trainer.max_epochs=3 +trainer.fast_dev_run=true',
      'DEVICES=[0,1] trainer=gpu',
      'PROJECT_ROOT=/home/alice/shapes logger=both',
      'PROJECT_ROOT= data=noise data.level=1e-4',
      'model=mlp model/schedule=cosine',
      'model/optimiser=sgd model.optimiser.lr=0.5',
      'model/optimizer=sgd',
      'model.optimizer.lr=0.5',
      'callbacks=none ~logger',
      '~callbacks',
      '~callbacks.bar callbacks.stopping.monitor=val/loss',
      'logger=[csv,board]',
      'search=grid',
      '+search=nope',
      'experiment=[quick,wide]',
      "tags=[a,b] 'data.split=[1,2,3]' ckpt_path=null",
      "task_name='my task' hydra.job.name=named",
      'hydra.run.dir=out/${now:%H} hydra.verbose=true hydra.job.chdir=true',
      'hydra/job_logging=none hydra/hydra_logging=disabled',
      'trainer.max_epochs=ten trainer.devices=1.5 trainer.min_epochs=null',
      '++model.net.new.deep=1 ++seed=3',
      'extra=1',
      'lr=1,2',
      '-cn=eval ckpt_path=/a/b.ckpt',
      '-cn=eval model=mlp trainer=cpu',
      '-cn=nope',
      '-m experiment=quick model.optimiser.lr=1e-2,1e-3',
      '-m model=conv,mlp data=shapes,noise seed=range(2)',
      '-m search=grid',
      '-m search=grid data.batch_size=16 hydra.sweeper.max_batch_size=1',
      "-m 'model=glob(*)' hydra.sweep.subdir=${hydra.job.override_dirname}",
      "-m 'trainer.max_epochs=sort(3,1,2)' 'tags=[a],[b,c]'",
      '-m model=conv,nope',
      '-m +new=1,2 ~callbacks',
    ],
  },
  {
    tree: 'sequences',
    config: 'config',
    versionBase: '1.1',
    lines: [
      '',
      '-cn=lm',
      '-cn=lm task.data=/data/wiki optimization.lr=[1e-3] common.fp16=true',
      '-cn=lm model=transformer/big bpe=sentencepiece',
      '-cn=lm criterion=smoothed criterion.label_smoothing=.2',
      '-cn=lm ~lr_scheduler',
      '-cn=lm optimizer=composite optimizer.groups.head.lr=[0.5]',
      'task=audio model=speech/base',
      '+task=audio',
      'task=audio +common=defaults',
      '-cn=pretrain/speech pretrain.task.data=/manifest',
      '-cn=pretrain/speech_with_groups',
      '-cn=pretrain/speech_with_groups pretrain/run_config=cluster +pretrain.common.user_dir=/x pretrain.common.seed=9',
      '-m -cn=lm optimization.lr=[0.1],[0.2] common.seed=1,2 task.data=/d hydra.sweep.dir=x/${oc.env:USER}',
      '-m -cn=pretrain/speech pretrain.optimization.max_update=10,20 pretrain.distributed_training.ddp_backend=no_c10d',
    ],
  },
  {
    tree: 'stores',
    config: 'config',
    versionBase: '1.3',
    lines: [
      '',
      'server=queue',
      'store@primary=sqlite',
      'store@primary=sqlite cache=web_postgres',
      'store@replicas.near=sqlite region=us',
      '+deploy=production',
      '+deploy=staging',
      'server=batch',
      'server/worker@server.workers=large server/worker/extra@server.workers.extra=none',
      'server=queue server/worker@server.workers=small',
      'store/auth@primary.auth=none',
      'store/auth@replicas.near.auth=token replicas.near.auth.ttl=5',
      'store/auth=none',
      '~store@replicas.far ~cache',
      '+store@replicas.third=sqlite',
      '+store/auth@_global_=token',
      'store/pool@primary=burst primary.overflow=0',
      'server/route@server.routes.api=v2',
      'server/worker/extra@server.workers.extra=null server=queue',
      'primary.password=secret +primary.options={a:[1,{b:2}]} ~primary.port',
      'primary=null',
      'replicas={}',
      '-m store@primary=postgres,sqlite cache=web_postgres region=eu,us',
      '-m server=web,queue',
    ],
  },
  {
    tree: 'machines',
    config: 'config',
    versionBase: '1.2',
    store: [
      {
        path: 'machine_schema',
        package: null,
        yaml: 'machine: {kind: "???", memory: 1, code: "", gpu: null, owner: nobody}\n',
      },
      { path: 'machine/cloud', package: null, yaml: 'kind: cloud\ncode: ${oc.env:USER}\nzones: [a, b]\n' },
      {
        path: 'plugin/first',
        package: '_global_',
        yaml: 'defaults: [{/machine@other: tower}]\nplugged: true\n',
      },
    ],
    lines: [
      '',
      'machine=tower',
      'machine=cloud',
      'MACHINE_T7=found TOKEN=abc machine=tower',
      '+plugin=first',
      'machine.owner=null machine.memory=[1] limits.on=off',
      'numbers.0=5 limits.5=6',
      "long='${oc.env:NOPE}'",
      'raw=${oc.env:NOPE,${oc.env:USER}}',
      'nested=${machine.${name}}',
      '~anchors ~bytes ~limits.cpu',
      'machine=bad_interpolation',
      'machine=bad_yaml',
      'machine=bad_keys',
      'machine=bad_tag',
      'machine=bad_header',
      'machine=nope',
      '+list@more=x',
      "block='a\\nb' folded=\"it's\" words=[]",
      '+a.b.c=1 +a.b.d=[] ++a.b=2',
      '-cn=scalar +x=${just}',
      '-cn=list',
      '-m machine=laptop,tower threads=1,2',
      "-m 'ratio=range(0,1,0.5)' hydra.sweep.dir=s/${now:%Y} hydra.sweep.subdir=${machine.kind}_${ratio}",
    ],
  },
];

/** One case for each line. */
export const questionsOf = (corpus: Corpus): Question[] =>
  corpus.lines.map((line) => questionOf(corpus, line));

function questionOf({ tree, config, versionBase, store }: Corpus, line: string): Question {
  const all = wordsOf(line);
  const env = all.filter((word) => /^[A-Z]/.test(word)).map((word) => word.split(/=(.*)/s).slice(0, 2));
  const named = all.find((word) => word.startsWith('-cn='))?.slice(4);
  return {
    id: line,
    kind: all.includes('-m') ? 'multirun' : 'compose',
    hydra_version: '1.3.2',
    version_base: versionBase,
    search_path: [{ provider: 'main', tree }],
    config_name: named ?? config,
    job_name: 'app',
    overrides: all.filter((word) => !/^[A-Z-]/.test(word)),
    ...(env.length > 0 && { env: Object.fromEntries(env) }),
    ...(store && { store: [...store] }),
  };
}

/** As a shell splits them, as far as these lines need it. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    /^'.*=.*'$/s.test(word) ? word.slice(1, -1) : word,
  );
