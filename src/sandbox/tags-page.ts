import { z } from 'zod';
import type { EmulatedEc2 } from './ec2/index.ts';
import type { EmulatedElbv2 } from './elbv2/index.ts';
import { ApiError, type AdminPage } from './service.ts';

const request = z.strictObject({
  /** Ids of instances, ARNs of Elastic Load Balancing. */
  resources: z.array(z.string()).min(1),
  tags: z.record(z.string(), z.string()),
});

/** `POST /_turnout/tags` writes tags as AWS's own services do, also those whose keys begin with `aws:`, which no client can write. */
export function tagsPage(ec2: Pick<EmulatedEc2, 'setTags'>, elbv2: Pick<EmulatedElbv2, 'setTags'>): AdminPage {
  return {
    write: (body) => {
      const parsed = request.safeParse(body);
      if (!parsed.success) throw new ApiError('InvalidTags', z.prettifyError(parsed.error));
      const { resources, tags } = parsed.data;
      for (const id of resources) (id.startsWith('arn:') ? elbv2 : ec2).setTags(id, tags);
      return { resources, tags };
    },
  };
}
