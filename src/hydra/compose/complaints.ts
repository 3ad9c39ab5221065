import { HydraError } from '../errors.js';
import { nearest } from '../nearest.js';
import { type Default, GroupDefault } from './defaults.js';
import type { Repository } from './repository.js';
import type { Tree } from './tree.js';

// What is wrong with a defaults list, in words.

export function notFound(repository: Repository, { node, parent }: Tree): HydraError {
  if (node.primary)
    return missing(
      `Cannot find primary config '${node.configPath}'`,
      repository,
      repository.options(''),
      node.name,
    );
  const within = parent === null ? '' : `In '${parent.node.configPath}': `;
  const { groupPath: group } = node;
  const options = repository.hasGroup(group) ? repository.options(group) : [];
  return missing(`${within}Could not find '${node.configPath}'`, repository, options, node.name, group);
}

function missing(
  message: string,
  repository: Repository,
  options: readonly string[],
  name: string | null,
  group = '',
): HydraError {
  const like = nearest(name ?? '', options);
  const path = group === '' ? '' : `${group}/`;
  return new HydraError('MissingConfigException', message, {
    available: options,
    hint:
      like === null ? `search path: ${repository.describe().join('; ')}` : `did you mean '${path}${like}'?`,
  });
}

export function missingOption(repository: Repository, node: Default): HydraError {
  if (!(node instanceof GroupDefault))
    return new HydraError(
      'ValueError',
      `'${node.configPath}': a configuration without a group cannot be ???`,
    );
  const key = node.overrideKey;
  return new HydraError('ConfigCompositionException', `You must specify '${key}', e.g, ${key}=<OPTION>`, {
    available: repository.options(node.groupPath),
  });
}

export function cyclic({ node, parent }: Tree): HydraError {
  const path = [node.configPath];
  for (let above = parent; above !== null; above = above.parent) {
    path.unshift(above.node.configPath);
    if (above.node.configPath === node.configPath) break;
  }
  return new HydraError(
    'ConfigCompositionException',
    `the defaults lists go round in a circle: ${path.join(' → ')}`,
  );
}

export const overrideBeforeOthers = (node: Default, override: GroupDefault, other: Default): HydraError =>
  new HydraError(
    'ConfigCompositionException',
    `In ${node.configPath}: Override '${override.overrideKey} : ${override.name}' is defined before '${other.overrideKey}: ${other.name}'`,
    { hint: 'overrides must be at the end of the defaults list' },
  );

export const nameless = ({ parent }: Tree): HydraError =>
  new HydraError(
    'ConfigCompositionException',
    `In '${parent?.node.configPath ?? ''}': an item of the defaults list has a group without a name`,
  );

export const selfAsOption = (node: Default, { group }: GroupDefault): HydraError =>
  new HydraError('ConfigCompositionException', `In '${node.configPath}': _self_ is no option of '${group}'`, {
    hint: 'it stands alone in a defaults list: - _self_',
  });
