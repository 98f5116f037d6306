import { randomUUID } from 'node:crypto';
import type {
  App,
  CreateAppRequest,
  DeleteAppRequest,
  DescribeAppsRequest,
  UpdateAppRequest,
} from '@aws-sdk/client-opsworks';
import { validationException, opsWorksNotFound, provideOneKind } from './errors.ts';
import { timestamp, stackOf, type OpsWorksState } from './state.ts';

export function appOf(state: OpsWorksState, id = ''): App & { readonly AppId: string; readonly StackId: string } {
  const app = state.apps.get(id);
  if (app === undefined) throw opsWorksNotFound('app', id);
  return app;
}

export function createApp(state: OpsWorksState, input: CreateAppRequest): object {
  const { StackId } = stackOf(state, input.StackId);
  const Shortname = input.Shortname ?? (input.Name ?? '').toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
  const taken = [...state.apps.values()].some((app) => app.StackId === StackId && app.Shortname === Shortname);
  if (taken) throw validationException(`There is already an app with shortname "${Shortname}" for this stack`);
  return { AppId: addApp(state, { ...(input as App), Shortname }, StackId) };
}

function addApp(state: OpsWorksState, app: App, StackId: string): string {
  const AppId = randomUUID();
  state.apps.set(AppId, { EnableSsl: false, ...app, AppId, StackId, CreatedAt: timestamp(state) });
  return AppId;
}

export function copyApp(state: OpsWorksState, id: string, stack: string): void {
  addApp(state, appOf(state, id), stack);
}

export function describeApps(state: OpsWorksState, { StackId, AppIds }: DescribeAppsRequest): object {
  if ((StackId === undefined) === (AppIds === undefined)) throw provideOneKind('app IDs or one stack ID');
  if (AppIds !== undefined) return { Apps: AppIds.map((id) => appOf(state, id)) };
  const { StackId: stack } = stackOf(state, StackId);
  return { Apps: [...state.apps.values()].filter((app) => app.StackId === stack) };
}

export function updateApp(state: OpsWorksState, { AppId, ...change }: UpdateAppRequest): object {
  const app = appOf(state, AppId);
  const AppSource = { ...app.AppSource, ...change.AppSource };
  state.apps.set(app.AppId, { ...app, ...(change as object), AppSource });
  return {};
}

export function deleteApp(state: OpsWorksState, { AppId }: DeleteAppRequest): object {
  state.apps.delete(appOf(state, AppId).AppId);
  return {};
}
