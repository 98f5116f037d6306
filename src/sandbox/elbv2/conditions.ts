import type { RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { isIP } from 'node:net';
import { FIELDS, conditionValues } from '../balancer/matching.ts';
import { validationError, elbv2Unsupported } from './errors.ts';

/** The validated conditions of a rule. Throws `ValidationError` for invalid and for unsupported ones. */
export function checkedConditions(conditions: readonly RuleCondition[] | undefined): RuleCondition[] {
  if (!conditions || conditions.length === 0) throw validationError('A condition must be specified');
  return conditions.map(checkedCondition);
}

function checkedCondition(condition: RuleCondition): RuleCondition {
  const field = condition.Field ?? '';
  if (!FIELDS.includes(field))
    throw validationError(`Condition field '${field}' must be one of '[${FIELDS.join(', ')}]'`);
  if (hasRegex(condition)) throw elbv2Unsupported('regular expressions in conditions');
  const pairs = condition.QueryStringConfig?.Values ?? [];
  const values = field === 'query-string' ? pairs : conditionValues(condition);
  if (values.length === 0) throw validationError(`A condition value must be specified for the field '${field}'`);
  if (field === 'http-header' && !condition.HttpHeaderConfig?.HttpHeaderName)
    throw validationError('A header name must be specified');
  if (field === 'source-ip') conditionValues(condition).forEach(checkBlock);
  return { ...condition, ...legacyValues(field, condition) };
}

function hasRegex(condition: RuleCondition): boolean {
  const configs = [condition.PathPatternConfig, condition.HostHeaderConfig, condition.HttpHeaderConfig];
  return condition.RegexValues !== undefined || configs.some((config) => config?.RegexValues !== undefined);
}

function checkBlock(block: string): void {
  const [address = '', prefix = ''] = block.split('/');
  const bits = isIP(address) === 6 ? 128 : 32;
  if (isIP(address) === 0 || !/^\d+$/.test(prefix) || Number(prefix) > bits) {
    throw validationError(`Condition value '${block}' must be in CIDR format`);
  }
}

/** Paths and hosts are returned in both forms, the general list and the config of the field. */
function legacyValues(field: string, condition: RuleCondition): Partial<RuleCondition> {
  const Values = [...conditionValues(condition)];
  if (field === 'path-pattern') return { Values, PathPatternConfig: { Values } };
  return field === 'host-header' ? { Values, HostHeaderConfig: { Values } } : {};
}
