import type { ReactNode } from 'react';
import { Modal } from '@mantine/core';
import classes from './Dialog.module.css';

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

/** A small dialog. Mantine's own head is a `<header>`, which would be a second banner of the page. */
export function Dialog({ title, onClose, children }: Props) {
  return (
    // Not `className` of the content: Mantine gives that to the box around it too, which covers the page.
    <Modal.Root opened onClose={onClose} centered radius="lg" classNames={{ content: classes.content ?? '' }}>
      <Modal.Overlay />
      <Modal.Content>
        <div className={classes.head}>
          <Modal.Title className={classes.title ?? ''}>{title}</Modal.Title>
          <Modal.CloseButton aria-label="Close" size={44} iconSize={20} radius="xl" />
        </div>
        <Modal.Body className={classes.body ?? ''}>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
