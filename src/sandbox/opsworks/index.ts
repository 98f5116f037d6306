import { gzipSync } from 'node:zlib';
import { bindOperations, type Download, type Service, type StateOperation } from '../service.ts';
import { createApp, deleteApp, describeApps, updateApp } from './apps.ts';
import { createDeployment, describeCommands, describeDeployments } from './deployments.ts';
import {
  createInstance,
  deleteInstance,
  describeOpsInstances,
  getHostnameSuggestion,
  updateInstance,
} from './instances.ts';
import {
  createLayer,
  deleteLayer,
  describeLayers,
  describeLoadBasedAutoScaling,
  setLoadBasedAutoScaling,
  updateLayer,
} from './layers.ts';
import { describeServiceErrors } from './service-errors.ts';
import { ec2Changed, rebootInstance, startInstance, stopInstance } from './lifecycle.ts';
import { createOpsWorksState, type OpsWorksOptions, type OpsWorksState } from './state.ts';
import { cloneStack, createStack, deleteStack, describeStacks, updateStack } from './stacks.ts';
import { listTags, tagResource, untagResource } from './tags.ts';

/** OpsWorks Stacks as it was before AWS discontinued it: stacks, layers and instances on the sandbox's EC2. */
export interface EmulatedOpsWorks extends Service {
  readonly id: 'opsworks';
  /** Sets the endpoint's URL, with which the URLs of logs start. */
  listensAt(url: string): void;
  /** The stack of a layer, instance, app or deployment; undefined where there is no such thing. */
  stackOf(id: string): string | undefined;
}

const OPERATIONS: Readonly<Record<string, StateOperation<OpsWorksState>>> = {
  CloneStack: cloneStack,
  CreateApp: createApp,
  CreateDeployment: createDeployment,
  CreateInstance: createInstance,
  CreateLayer: createLayer,
  CreateStack: createStack,
  DeleteApp: deleteApp,
  DeleteInstance: deleteInstance,
  DeleteLayer: deleteLayer,
  DeleteStack: deleteStack,
  DescribeApps: describeApps,
  DescribeCommands: describeCommands,
  DescribeDeployments: describeDeployments,
  DescribeInstances: describeOpsInstances,
  DescribeLayers: describeLayers,
  DescribeLoadBasedAutoScaling: describeLoadBasedAutoScaling,
  DescribeServiceErrors: describeServiceErrors,
  DescribeStacks: describeStacks,
  GetHostnameSuggestion: getHostnameSuggestion,
  ListTags: listTags,
  RebootInstance: rebootInstance,
  SetLoadBasedAutoScaling: setLoadBasedAutoScaling,
  StartInstance: startInstance,
  StopInstance: stopInstance,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateApp: updateApp,
  UpdateInstance: updateInstance,
  UpdateLayer: updateLayer,
  UpdateStack: updateStack,
};

export function createOpsWorks(options: OpsWorksOptions): EmulatedOpsWorks {
  const state = createOpsWorksState(options);
  const unwatch = options.instances.watch((machine) => ec2Changed(state, machine));
  return {
    id: 'opsworks',
    operations: bindOperations(state, OPERATIONS),
    listensAt: (url) => {
      state.endpoint = url;
    },
    stackOf: (id) =>
      state.stacks.get(id)?.StackId ??
      state.layers.get(id)?.StackId ??
      state.instancesById.get(id)?.settings.StackId ??
      state.apps.get(id)?.StackId ??
      state.deployments.get(id)?.StackId,
    download: (path) => logOf(state, path),
    close: async () => unwatch(),
  };
}

/** A command's log as gzipped text, as in S3. */
function logOf(state: OpsWorksState, path: string): Download | undefined {
  const [, id = ''] = /^\/opsworks-logs\/([\w-]+)$/.exec(path) ?? [];
  const text = state.logs.get(id);
  if (text === undefined) return undefined;
  return { headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' }, body: gzipSync(text) };
}
