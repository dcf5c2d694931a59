import type { Environment } from "../environment.ts";
import type { LabThread } from "./lab-thread.ts";
import type { ThreadSetting } from "./thread-job.ts";

/** Has work done with the help of labs on other cores, which are let go behind it. */
export async function onThreads<Result>(
  environment: Environment,
  setting: ThreadSetting,
  count: number,
  work: (threads: readonly LabThread[]) => Promise<Result>,
): Promise<Result> {
  const threads = environment.startThreads(setting, count);
  try {
    return await work(threads);
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
  }
}
