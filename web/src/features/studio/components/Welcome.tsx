import { LogoMark } from '@/shared/ui/Logo';
import classes from './Welcome.module.css';

export function Welcome() {
  return (
    <div className={classes.welcome}>
      <LogoMark size={56} />
      <h2>Write a sentence. Watch it become a picture.</h2>
      <p>Nothing you see here exists until you describe it.</p>
    </div>
  );
}
