// From a file to a result: send it with its digest, then wait for the analysis.
import { digestHeader, read } from './api';
import type { Job } from './types';

export type Stage = 'sending' | 'waiting' | 'working' | 'done';
export interface Sent { assessmentId: string }
export class AnalysisFailed extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

const WAIT_S = 10;

/** Send one photo and wait for its assessment; `told` hears of each stage. */
export async function sendPhoto(
  personId: string, file: Blob, told: (stage: Stage) => void, visitId?: string,
): Promise<Sent & { visitId: string }> {
  told('sending');
  const headers = { ...(await digestHeader(file)), 'Idempotency-Key': crypto.randomUUID() };
  const visit = visitId ? `?visit_id=${visitId}` : '';
  const made = await read<{ job: Job; photo: { visit_id: string } }>(
    `/v1/people/${personId}/photos${visit}`, { method: 'POST', raw: file, headers },
  );
  return { assessmentId: await ended(made.job, told), visitId: made.photo.visit_id };
}

async function ended(first: Job, told: (stage: Stage) => void): Promise<string> {
  let job = first;
  while (job.state === 'queued' || job.state === 'running') {
    told(job.state === 'queued' ? 'waiting' : 'working');
    const wait = job.state === 'queued' ? 1 : WAIT_S;
    job = await read<Job>(`/v1/jobs/${job.id}?wait_s=${wait}`);
  }
  if (!job.assessment_id) throw new AnalysisFailed(job.error?.code ?? job.state);
  told('done');
  return job.assessment_id;
}
