import '../shared/base.css';
import '../staff/staff.css';
import './bay.css';
import { mount } from 'svelte';
import Screen from './Bay.svelte';

const app = document.getElementById('app')!;
app.replaceChildren();
mount(Screen, { target: app });
