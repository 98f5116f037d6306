import type {
  DeleteNotificationConfigurationType,
  DescribeNotificationConfigurationsAnswer,
  DescribeNotificationConfigurationsType,
  PutNotificationConfigurationType,
} from '@aws-sdk/client-auto-scaling';
import { scalingError } from './errors.ts';
import { pageByOffset } from './paging.ts';
import { changeable, scalingGroupOf, type AutoScalingState } from './state.ts';

const TOPICS_MAX = 10;

/** Overwrites what the topic had. Nothing is sent. */
export function putNotification(state: AutoScalingState, input: PutNotificationConfigurationType): object {
  const group = changeable(state, input.AutoScalingGroupName);
  const topic = input.TopicARN ?? '';
  if (!group.topics.has(topic) && group.topics.size >= TOPICS_MAX)
    throw scalingError.limit(`At most ${TOPICS_MAX} notification topics`);
  group.topics.set(topic, input.NotificationTypes ?? []);
  return {};
}

export function deleteNotification(state: AutoScalingState, input: DeleteNotificationConfigurationType): object {
  changeable(state, input.AutoScalingGroupName).topics.delete(input.TopicARN ?? '');
  return {};
}

export function describeNotifications(
  state: AutoScalingState,
  input: DescribeNotificationConfigurationsType,
): DescribeNotificationConfigurationsAnswer {
  const names = input.AutoScalingGroupNames;
  const groups = names?.length ? names.map((name) => scalingGroupOf(state, name)) : [...state.groups.values()];
  const all = groups.flatMap(({ name: AutoScalingGroupName, topics }) =>
    [...topics].flatMap(([TopicARN, types]) =>
      types.map((NotificationType) => ({ AutoScalingGroupName, TopicARN, NotificationType })),
    ),
  );
  const { items, next } = pageByOffset(all, input, state.pageSize);
  return { NotificationConfigurations: items, ...next };
}
