// What the service answers, as far as the app reads it.
export const CONDITIONS = [
  'acne', 'redness', 'pigmentation', 'wrinkles', 'pores', 'texture', 'dryness', 'scarring',
  'oiliness', 'dark_circles',
] as const;
export type Condition = (typeof CONDITIONS)[number];

export const REGIONS = [
  'forehead', 'glabella', 'nose', 'subject_left_cheek', 'subject_right_cheek',
  'subject_left_periorbital', 'subject_right_periorbital', 'perioral', 'chin', 'subject_left_jaw',
  'subject_right_jaw',
] as const;
export type Region = (typeof REGIONS)[number];

export interface Quantity { name: string; value: number; unit: string }
export interface Score {
  value: number;
  interval: { low: number; high: number; level: number };
  raw: Quantity;
  formula: string;
  method: string;
  enhanced: boolean;
}
export interface NotMeasured { value: null; code: string; reason: string }
export type Answer = Score | NotMeasured;
export interface Finding {
  condition: Condition;
  type: string;
  bbox_xyxy: [number, number, number, number];
  probability: number;
  region: Region | null;
  area_mm2: number;
}
export interface QualityMeasure { name: string; score: number | null; verdict: string; sentence: string }
export interface Grade { scale: string; grade: number; label: string; source: string }
export interface Explanation { condition: Condition; summary: string; method: string; limits: string }
export interface AuditRow {
  condition: Condition;
  original: number | null;
  enhanced: number | null;
  allowed: number | null;
  ruling: 'stands' | 'moved' | 'invented' | 'no_comparison' | 'not_measured';
}
export interface Enhancement { drawn_share: number; consistency_db: number; audit: AuditRow[] }
export interface Assessment {
  schema_version: string;
  usable: boolean;
  reasons: string[];
  capture: { width_px: number; height_px: number };
  quality: { verdict: string; sentence: string; measures: QualityMeasure[] };
  face: { box_xyxy: [number, number, number, number] } | null;
  overall: Answer;
  scores: Record<Condition, Answer>;
  regions: Partial<Record<Region, { visible_share: number; scores: Record<Condition, Answer> }>>;
  grades: Record<string, Grade | NotMeasured>;
  findings: Finding[];
  explanations: Explanation[];
  enhancement: Enhancement | null;
  provenance: { assessed_at: string | null; software_version: string };
}
export interface FileEntry { name: string; media_type: string; size_bytes: number; sha256: string }
export interface AssessmentRecord {
  id: string;
  person_id: string;
  photo_id: string;
  document: Assessment;
  files: FileEntry[];
  created_at: string;
}
export interface Summary {
  direction: 'ltr' | 'rtl';
  sections: { heading: string; sentences: string[] }[];
  closing: string;
}
export interface Listing<T> { items: T[]; next_cursor: string | null }
export interface Person { id: string; reference: string; birth_year: number | null; note: string }
export interface Consent { purpose: string; granted: boolean; text_version: string; created_at: string }
export interface Job {
  id: string;
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'quarantined';
  person_id: string;
  photo_id: string;
  assessment_id: string | null;
  created_at: string;
  error: { code: string; title: string; fix: string } | null;
}
export interface Me { user_id: string; roles: string[]; strong: boolean; stepped_up: boolean }
export interface Review {
  id: string;
  judgement: 'validated' | 'corrected' | 'overridden';
  reason: string;
  changes: { grades?: Record<string, { from: number; to: number }> };
  files: FileEntry[];
  created_at: string;
}

export const isScore = (answer: Answer | undefined): answer is Score =>
  answer !== undefined && answer.value !== null;
