import { useSubmit as useAnySubmit } from '@/shared/api/useSubmit';
import { PasskeyCancelled } from './passkeys';

const wasCancelled = (error: unknown) => error instanceof PasskeyCancelled;

/** As everywhere; who turns a passkey's window away need not be told that they did. */
export const useSubmit = () => useAnySubmit(wasCancelled);
