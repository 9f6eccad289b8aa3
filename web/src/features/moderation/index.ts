/** What others see and say of it: shared pictures, reports, the moderators' queue, and what was decided about mine. */
export { DecisionsPage } from './components/DecisionsPage';
export { ModerationPage } from './components/ModerationPage';
export { SharedPage } from './components/SharedPage';
