import type { AgentEdge } from './agent-edge.ts';
import type { Config } from './config/config.ts';
import type { Tags } from './core/point.ts';
import { SamplerLoop } from './flush/sampler-loop.ts';
import { ServerSampler } from './scrape/server-sampler.ts';

/** What reads the metrics of inference servers, one each. */
export interface ScrapeParts {
  readonly samplers: readonly ServerSampler[];
  readonly loops: readonly SamplerLoop[];
}

export function assembleScrape({ scrape }: Config, { clock, log }: AgentEdge, tags: Tags): ScrapeParts {
  const samplers = scrape.map((options) => new ServerSampler({ ...options, tags }));
  return { samplers, loops: samplers.map((sampler) => new SamplerLoop(sampler, clock, log)) };
}
