import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { followSchema, loadFollowConfig } from '../../src/config/follow.ts';
import { loadConfig } from '../../src/config/load.ts';
import { schemaJson } from '../../tools/schema.ts';

const FOLDER = new URL('../../config/', import.meta.url);
const examples = readdirSync(FOLDER).filter((name) => name.endsWith('.yml'));
const read = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8');
const load = (name: string, env = {}) => loadConfig({ path: new URL(name, FOLDER).pathname, env, cwd: '/' });
const fromJson = () => z.fromJSONSchema(JSON.parse(schemaJson()) as Parameters<typeof z.fromJSONSchema>[0]);

describe('the JSON schema', () => {
  it('is up to date (node tools/schema.ts)', () => {
    expect(read('turnout.schema.json')).toBe(schemaJson());
  });

  it('is up to date for turnout follow, accepts its example, and describes every key of it', () => {
    const json = schemaJson(followSchema);
    expect(read('follow/follow.schema.json')).toBe(json);
    const kind = z.fromJSONSchema(JSON.parse(json) as Parameters<typeof z.fromJSONSchema>[0]);
    expect(kind.safeParse(parse(read('follow/follow.yml')))).toMatchObject({ success: true });
    const path = new URL('follow/follow.yml', FOLDER).pathname;
    expect(loadFollowConfig({ path, env: {}, cwd: '/' })).toMatchObject({ bucket: 'acme-releases', keep: 3 });
    const names = Object.keys((JSON.parse(json) as { properties: object }).properties);
    expect(names.filter((name) => !read('follow/follow.yml').includes(`${name}:`))).toEqual([]);
  });

  it.each(examples)('accepts %s as it is written', (name) => {
    expect(fromJson().safeParse(parse(read(name)))).toMatchObject({ success: true });
  });

  it('refuses unknown keys, and takes a variable for a number', () => {
    const data = parse(read('ec2.yml')) as Record<string, object>;
    expect(fromJson().safeParse({ ...data, colour: 1 }).success).toBe(false);
    expect(fromJson().safeParse({ ...data, aws: { maxAttempts: '${N}' } }).success).toBe(true);
    expect(fromJson().safeParse({ ...data, aws: { maxAttempts: 'many' } }).success).toBe(false);
  });

  it('describes every key', () => {
    const undescribed: string[] = [];
    const look = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const [key, value] of Object.entries((node as { properties?: object }).properties ?? {})) {
        if (!('description' in (value as object))) undescribed.push(`${path}.${key}`);
      }
      for (const [key, value] of Object.entries(node)) look(value, `${path}.${key}`);
    };
    look(JSON.parse(schemaJson()), '');
    expect(undescribed).toEqual([]);
  });
});

describe('the examples', () => {
  it.each(examples)('%s loads', (name) => {
    expect(load(name).environment).toBe('shop');
  });

  it('explain every key of the schema in prose or by example', () => {
    const text = examples.map(read).join('\n');
    const names = new Set<string>();
    JSON.parse(schemaJson(), (_, value: unknown) => {
      const { properties } = (value ?? {}) as { properties?: object };
      Object.keys(properties ?? {}).forEach((name) => names.add(name));
      return value;
    });
    expect([...names].filter((name) => !new RegExp(`\\b${name}:`).test(text))).toEqual([]);
  });

  it('goes where AWS_ENDPOINT_URL says with the sandbox, and nowhere but to AWS with ec2', () => {
    expect(load('sandbox.yml').endpoint).toBe('http://127.0.0.1:4566');
    expect(load('sandbox.yml', { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }).endpoint).toBe('http://127.0.0.1:9');
    expect(load('ec2.yml')).not.toHaveProperty('endpoint');
  });
});
