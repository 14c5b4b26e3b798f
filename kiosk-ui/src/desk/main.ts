import '../shared/base.css';
import '../staff/staff.css';
import './desk.css';
import { mount } from 'svelte';
import Screen from './Desk.svelte';

const app = document.getElementById('app')!;
app.replaceChildren();
mount(Screen, { target: app });
